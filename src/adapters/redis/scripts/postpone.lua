-- The next look at a job that was left as it is, also when its entry was lost; nothing when it moved
-- since it was seen: whoever moved it said when it is due. A job that is gone or owes nothing has no
-- entry. ARGV: id due_in_ms epoch('' not compared)
local owes = redis.call('HMGET', key('job'), 'st', 'sl', 'ep')
if owes[1] and owes[2] ~= '1' then
  if ARGV[3] == '' or owes[3] == ARGV[3] then due_at(NOW + tonumber(ARGV[2])) end
else
  redis.call('ZREM', P .. 'due', ID)
  redis.call('ZREM', P .. 'running', ID)
end
return { 'ok' }
