-- Prolongs the lease. A lease that lapsed and that nobody took is still its token's: a short outage
-- pauses a run instead of killing it. ARGV: id token lease_ms
local h = load()
if not h or not held_by(h, ARGV[2]) then return { 'lost' } end
h.lu = hold(h, ARGV[3])
redis.call('HSET', key('job'), 'lu', h.lu)
redis.call('SET', key('view'), view(h))
return { 'ok' }
