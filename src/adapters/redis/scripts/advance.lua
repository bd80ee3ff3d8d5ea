-- The run entered a stage, or learned how many segments there are; a wait is over. Plans are
-- durable: a smaller total only tells that a file could not be read this time.
-- ARGV: id token stage total('' unknown) flight acquitted
local h = load()
if not h or not works_under(h, ARGV[2]) then return { 'lost' } end
local changes = { sg = ARGV[3], pa = n(NOW), wf = '', ws = '', ra = '', rc = '' }
if ARGV[4] ~= '' and tonumber(ARGV[4]) > int(h, 'ts') then changes.ts = ARGV[4] end
write_ledger(h, {}, ARGV[5], ARGV[6])
commit(h, changes)
event('stage', 'stage', ARGV[3], 'total_segments', h.ts)
return { 'ok' }
