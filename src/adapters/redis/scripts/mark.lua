-- Segments are done, others begin: marks, counts, progress and what is in flight in one step. Holds: a
-- mark once set never changes, and a count moves only with the mark that is set (I4).
-- ARGV: id token flight acquitted (segment mark)*
local h = load()
if not h or not works_under(h, ARGV[2]) then return { 'lost' } end
local asked = {}
for i = 5, #ARGV, 2 do asked[#asked + 1] = ARGV[i] end
local known = #asked > 0 and redis.call('HMGET', key('marks'), unpack(asked)) or {}
local field = { l = 'ok', s = 'si', f = 'fa' }
local changes, set, told, seen = {}, {}, {}, {}
for at, id in ipairs(asked) do
  local mark = ARGV[4 + at * 2]
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
write_ledger(h, set, ARGV[3], ARGV[4])
if #told > 0 then
  commit(h, changes)
  event('segments', 'marks', table.concat(told, ' '))
end
return { 'ok' }
