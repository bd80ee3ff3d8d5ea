-- The next look at work that was left as it is; work that is gone has none. ARGV: id due_in_ms
if redis.call('EXISTS', KEYS[1]) == 1 then
  work_due_at(NOW + tonumber(ARGV[2]))
else
  redis.call('ZREM', DUE, ID)
end
return { 'ok' }
