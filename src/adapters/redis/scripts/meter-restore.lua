-- Fills a forgotten meter from what is durable, each segment once, and calls it whole; all in one
-- step, so that a flush in between leaves no half. ARGV: uid_hash retention_ms (segment at_ms speech_ms)*
local meter, oldest = key('meter'), NOW - tonumber(ARGV[2])
for i = 3, #ARGV, 3 do
  local at = tonumber(ARGV[i + 1])
  local minute = n(math.floor(at / 60000))
  if at >= oldest and redis.call('HSETNX', meter, 's' .. ARGV[i], minute) == 1 then
    redis.call('HINCRBY', meter, 'b' .. minute, ARGV[i + 2])
  end
end
redis.call('HSET', meter, 'w', '1')
redis.call('PEXPIRE', meter, ARGV[2])
return { 'ok' }
