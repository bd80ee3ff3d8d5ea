-- What a run tells, in one step: segments that are done, the stage it entered, how many segments there
-- are, and what is in flight from now on. Holds: a mark once set never changes, and a count moves only
-- with the mark that is set (I4). Who enters a stage waits no more. Plans are durable: a smaller total
-- only tells that a file could not be read this time.
-- ARGV: id token stage('' as it is) total('' unknown) flight acquitted (segment mark)*
local h = load()
if not h or not works_under(h, ARGV[2]) then return { 'lost' } end
local stage, asked = ARGV[3], {}
for i = 7, #ARGV, 2 do asked[#asked + 1] = ARGV[i] end
local known = #asked > 0 and redis.call('HMGET', key('marks'), unpack(asked)) or {}
local field = { l = 'ok', s = 'si', f = 'fa' }
local changes, set, told, seen = {}, {}, {}, {}
if stage ~= '' then
  changes = { sg = stage, pa = n(NOW), wf = '', ws = '', ra = '', rc = '' }
  if ARGV[4] ~= '' and tonumber(ARGV[4]) > int(h, 'ts') then changes.ts = ARGV[4] end
end
for at, id in ipairs(asked) do
  local mark = ARGV[6 + at * 2]
  if not known[at] and not seen[id] then
    seen[id] = true
    set[#set + 1] = id
    set[#set + 1] = mark
    told[#told + 1] = id .. '=' .. mark
    local f = field[string.sub(mark, 1, 1)]
    changes[f] = n(tonumber(changes[f] or h[f]) + 1)
    changes.pa = n(NOW)
    if f ~= 'fa' then changes.lp = '1' end
  end
end
write_ledger(h, set, ARGV[5], ARGV[6])
if stage == '' and #told == 0 then return { 'ok' } end
commit(h, changes)
if stage ~= '' then event('stage', 'stage', stage, 'total_segments', h.ts) end
if #told > 0 then event('segments', 'marks', table.concat(told, ' ')) end
return { 'ok' }
