-- The holder's attempt is over and it keeps the job for the next one (inline): counted as a release
-- counts it, but nobody else gets a turn. The epoch tells a resend from a second keep.
-- ARGV: id token lease_ms epoch attempt_spent('1'|'0') waiting_for wait_ms reason_code last_error
local h = load()
if not h or not works_under(h, ARGV[2]) then return { 'lost' } end
if int(h, 'ep') == tonumber(ARGV[4]) + 1 then return { 'kept', h.ep, h.at, ledger() } end
if h.ep ~= ARGV[4] then return { 'lost' } end
local spent = ARGV[5] == '1'
local changes = {
  ep = n(int(h, 'ep') + 1), at = n(int(h, 'at') + (spent and 1 or 0)), lp = '0', lu = hold(h, ARGV[3]),
  wf = ARGV[6], ws = n(NOW), ra = n(NOW + tonumber(ARGV[7])), rc = ARGV[8],
}
if h.lp == '1' then changes.fr = '0' elseif spent then changes.fr = n(int(h, 'fr') + 1) end
if ARGV[9] ~= '' then redis.call('HSET', key('text'), 'err', ARGV[9]) end
commit(h, changes)
event('kept', 'attempt', h.at, 'reason', ARGV[8], 'waiting_for', ARGV[6])
return { 'kept', h.ep, h.at, ledger() }
