-- Segments are done: mark, counts, progress and renewal in one step. Holds: a mark once set never
-- changes, and a count moves only with the mark that is set (I4). ARGV: id token lease_ms (segment mark)*
local h = load()
if not h or not works_under(h, ARGV[2]) then return { 'lost' } end
local field = { l = 'ok', s = 'si', f = 'fa' }
local changes = { lu = hold(h, ARGV[3]) }
for i = 4, #ARGV, 2 do
  local mark = ARGV[i + 1]
  if redis.call('HSETNX', key('marks'), ARGV[i], mark) == 1 then
    local f = field[string.sub(mark, 1, 1)]
    changes[f] = n(tonumber(changes[f] or h[f]) + 1)
    changes.pa = n(NOW)
    if f ~= 'fa' then changes.lp = '1' end
    event('segment', 'segment', ARGV[i], 'mark', mark)
  end
end
commit(h, changes)
return { 'ok' }
