-- The run entered a stage, or learned how many segments there are; a wait is over. ARGV: id token lease_ms stage total('' unknown)
local h = load()
if not h or not works_under(h, ARGV[2]) then return { 'lost' } end
local changes = { sg = ARGV[4], pa = n(NOW), lu = hold(h, ARGV[3]), wf = '', ws = '', ra = '', rc = '' }
if ARGV[5] ~= '' then changes.ts = ARGV[5] end
commit(h, changes)
event('stage', 'stage', ARGV[4], 'total_segments', h.ts)
return { 'ok' }
