-- Counts a segment's speech once: guard and bucket change together or not at all (I5). One hash holds
-- both, so that neither is lost alone: w whole, p hour of the last pruning, s<segment> its minute,
-- b<minute> speech in ms. ARGV: uid_hash segment speech_ms retention_ms day_budget_ms('' for none)
local meter, minute = key('meter'), math.floor(NOW / 60000)
if redis.call('HEXISTS', meter, 'w') == 0 then return { 'unknown' } end
if redis.call('HEXISTS', meter, 's' .. ARGV[2]) == 1 then return { 'known' } end
local today = math.floor(NOW / 86400000)
if ARGV[5] ~= '' then
  local spent = tonumber(ARGV[3])
  local flat = redis.call('HGETALL', meter)
  for i = 1, #flat, 2 do
    local bucket = string.match(flat[i], '^b(%d+)$')
    if bucket and tonumber(bucket) >= today * 1440 then spent = spent + tonumber(flat[i + 1]) end
  end
  if spent > tonumber(ARGV[5]) then return { 'over_budget', n((today + 1) * 86400000) } end
end
redis.call('HSET', meter, 's' .. ARGV[2], n(minute))
redis.call('HINCRBY', meter, 'b' .. n(minute), ARGV[3])
local hour = n(math.floor(NOW / 3600000))
if redis.call('HGET', meter, 'p') ~= hour then
  redis.call('HSET', meter, 'p', hour)
  local oldest = math.floor((NOW - tonumber(ARGV[4])) / 60000)
  local flat = redis.call('HGETALL', meter)
  for i = 1, #flat, 2 do
    local kind, name = string.sub(flat[i], 1, 1), string.sub(flat[i], 2)
    local at = kind == 'b' and name or kind == 's' and flat[i + 1]
    if at and tonumber(at) < oldest then redis.call('HDEL', meter, flat[i]) end
  end
end
redis.call('PEXPIRE', meter, ARGV[4])
return { 'counted' }
