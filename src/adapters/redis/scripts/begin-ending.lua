-- The holder freezes the result; from here the job can only be brought to this end (I2).
-- The client still sees `processing`: nobody sees a terminal that is not durable. ARGV: id token outcome
local h = load()
if not h or not held_by(h, ARGV[2]) then return { 'lost' } end
if h.ei then return { redis.call('HGET', key('text'), 'out') == ARGV[3] and 'ok' or 'lost' } end
redis.call('HSET', key('text'), 'out', ARGV[3])
commit(h, { ei = '1', sg = 'finalizing', pa = n(NOW), wf = '', ws = '', ra = '', rc = '' })
event('ending')
return { 'ok' }
