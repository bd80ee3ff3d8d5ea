-- Outcome, blobs and manifest are dealt with: out of the due index, and retention starts (I11).
-- ARGV: id retention_ms
local h = load()
if not h then
  forget()
  return { 'missing' }
end
if not terminal(h) then return { 'live' } end
settle(h, ARGV[2])
return { 'settled' }
