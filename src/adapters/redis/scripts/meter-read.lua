-- The buckets of a user's meter; nothing when the meter is not known. ARGV: uid_hash retention_ms
local flat, reply, oldest = redis.call('HGETALL', key('meter')), { n(NOW) }, NOW - tonumber(ARGV[2])
local whole = false
for i = 1, #flat, 2 do
  if flat[i] == 'w' then whole = true end
  local minute = tonumber(string.match(flat[i], '^b(%d+)$'))
  if minute and minute * 60000 >= oldest then
    reply[#reply + 1] = n(minute * 60000)
    reply[#reply + 1] = flat[i + 1]
  end
end
return whole and reply or {}
