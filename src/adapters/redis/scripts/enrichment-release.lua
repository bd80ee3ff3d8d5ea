-- The holder gives the work back. ARGV: id token attempt_spent('1'|'0') next_generation('1'|'0') due_in_ms last_error
local w = load_work()
if not w then return { 'lost' } end
if w.st == 'pending' and w.lt == ARGV[2] then return { 'ok', w.gen } end
if not works_on(w, ARGV[2]) then return { 'lost' } end
local generation = n(int(w, 'gen') + tonumber(ARGV[4]))
put_work({
  st = 'pending', tok = '', lu = '', lt = ARGV[2], ep = n(int(w, 'ep') + 1), gen = generation,
  at = n(int(w, 'at') - (ARGV[3] == '1' and 0 or 1)), le = ARGV[6],
})
work_due_at(NOW + tonumber(ARGV[5]))
return { 'ok', generation }
