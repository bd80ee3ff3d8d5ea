-- A revision wants its summary. Holds: one record a revision, whoever announces it and how often; its
-- listeners join, so that none of them is forgotten.
-- ARGV: id uid_hash conversation revision lane due_in_ms (listener)*
local w = load_work()
if not w then
  put_work({
    st = 'pending', gen = '0', ep = n(NOW), at = '0', ca = n(NOW),
    uh = ARGV[2], cv = ARGV[3], rv = ARGV[4], ln = ARGV[5],
  })
  work_due_at(NOW + tonumber(ARGV[6]))
end
for i = 7, #ARGV do redis.call('HSET', KEYS[1], 'j:' .. ARGV[i], '1') end
return with_work('known')
