-- Prolongs the lease. A lease that lapsed and that nobody took is still its token's: a short outage
-- pauses a run instead of killing it. ARGV: id token lease_ms
local h = load()
if not h or not held_by(h, ARGV[2]) then return { 'lost' } end
redis.call('HSET', key('job'), 'lu', hold(h, ARGV[3]))
return { 'ok' }
