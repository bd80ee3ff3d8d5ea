-- One pass at a time looks at a shard; a pass that died is waited for as long as its lease. Also tells
-- since when the shard's sentinel is missing: without it Redis may have forgotten jobs.
-- ARGV: unused token lease_ms
local taken = redis.call('SET', P .. 'pass', ARGV[2], 'NX', 'PX', ARGV[3]) or redis.call('GET', P .. 'pass') == ARGV[2]
local lost_since = ''
if redis.call('EXISTS', P .. 'sentinel') == 0 then
  redis.call('SET', P .. 'lost', n(NOW), 'NX')
  lost_since = redis.call('GET', P .. 'lost')
end
return { taken and 'taken' or 'busy', lost_since }
