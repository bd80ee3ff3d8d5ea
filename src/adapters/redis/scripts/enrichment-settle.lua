-- Every listener knows: the work is forgotten. ARGV: id
local w = load_work()
if w and w.st ~= 'ended' then return { 'live' } end
redis.call('ZREM', DUE, ID)
redis.call('DEL', KEYS[1])
return { 'settled' }
