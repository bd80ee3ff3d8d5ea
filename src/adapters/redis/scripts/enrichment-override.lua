-- Recovery moves work that nobody holds to its next generation. Holds: nothing happens unless it still
-- looks as it was seen; the token goes, which fences a holder (I3). ARGV: id status epoch generation due_in_ms
local w = load_work()
if not w then return { 'missing' } end
if w.st == 'ended' or w.st ~= ARGV[2] or w.ep ~= ARGV[3] or w.gen ~= ARGV[4]
  or (w.st == 'running' and int(w, 'lu') > NOW) then return { 'raced' } end
local generation = n(int(w, 'gen') + 1)
put_work({ st = 'pending', tok = '', lu = '', lt = '', ep = n(int(w, 'ep') + 1), gen = generation })
work_due_at(NOW + tonumber(ARGV[5]))
return { 'done', generation }
