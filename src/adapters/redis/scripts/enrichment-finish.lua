-- What became of the work is durable, or it is nobody's any more. Ended work never runs again; it is
-- due until its listeners know. ARGV: id token verdict reason_code owed_due_in_ms
local w = load_work()
if not w then return { 'lost' } end
if w.st == 'ended' then return { w.lt == ARGV[2] and 'ok' or 'lost' } end
if not works_on(w, ARGV[2]) then return { 'lost' } end
put_work({
  st = 'ended', tok = '', lu = '', lt = ARGV[2], ep = n(int(w, 'ep') + 1), vd = ARGV[3], rc = ARGV[4],
})
work_due_at(NOW + tonumber(ARGV[5]))
return { 'ok' }
