-- The run entered a stage, or learned how many segments there are; a wait is over.
-- ARGV: id token stage total('' unknown) flight acquitted
local h = load()
if not h or not works_under(h, ARGV[2]) then return { 'lost' } end
local changes = { sg = ARGV[3], pa = n(NOW), wf = '', ws = '', ra = '', rc = '' }
if ARGV[4] ~= '' then changes.ts = ARGV[4] end
write_ledger(h, {}, ARGV[5], ARGV[6])
commit(h, changes)
event('stage', 'stage', ARGV[3], 'total_segments', h.ts)
return { 'ok' }
