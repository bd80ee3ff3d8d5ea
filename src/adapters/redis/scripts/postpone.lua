-- The next look at a job that was left as it is, also when its entry was lost; a job that is gone or
-- owes nothing has none. ARGV: id due_in_ms
local owes = redis.call('HMGET', key('job'), 'st', 'sl')
if owes[1] and owes[2] ~= '1' then due_at(NOW + tonumber(ARGV[2])) else redis.call('ZREM', P .. 'due', ID) end
return { 'ok' }
