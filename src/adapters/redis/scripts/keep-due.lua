-- A job with a manifest owes something: its lost due entry is made anew. ARGV: id
local owes = redis.call('HMGET', key('job'), 'st', 'sl')
if not owes[1] then return { 'missing' } end
if owes[2] == '1' then return { 'settled' } end
return { redis.call('ZADD', P .. 'due', 'NX', n(NOW), ID) == 1 and 'added' or 'due' }
