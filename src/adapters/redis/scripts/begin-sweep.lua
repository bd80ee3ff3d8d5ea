-- One walk at a time over a part of the staged objects. Answers how far it has come (cursor, start) and
-- when the last whole walk began. ARGV: unused token lease_ms
local taken = redis.call('SET', P .. 'sweeping', ARGV[2], 'NX', 'PX', ARGV[3])
  or redis.call('GET', P .. 'sweeping') == ARGV[2]
local walk = redis.call('HMGET', P .. 'sweep', 'cursor', 'began', 'whole')
return { taken and 'taken' or 'busy', n(NOW), walk[1] or '', walk[2] or '', walk[3] or '' }
