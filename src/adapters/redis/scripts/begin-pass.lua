-- One pass at a time looks at a shard; a pass that died is waited for as long as its lease. Also tells
-- since when the shard's sentinel is missing: without it Redis may have forgotten jobs. A shard where
-- nothing is due and nobody stalls for so long is idle, and is not taken.
-- ARGV: unused token lease_ms stalled_for_ms('' taken even so)
local is_idle = ARGV[4] ~= '' and redis.call('ZCOUNT', P .. 'due', '-inf', n(NOW)) == 0
  and redis.call('ZCOUNT', P .. 'running', '-inf', n(NOW - tonumber(ARGV[4]))) == 0
local taken = not is_idle and ( redis.call('SET', P .. 'pass', ARGV[2], 'NX', 'PX', ARGV[3]) or redis.call('GET', P .. 'pass') == ARGV[2])
local lost_since = ''
if redis.call('EXISTS', P .. 'sentinel') == 0 then
  redis.call('SET', P .. 'lost', n(NOW), 'NX')
  lost_since = redis.call('GET', P .. 'lost')
end
return { is_idle and 'idle' or taken and 'taken' or 'busy', lost_since }
