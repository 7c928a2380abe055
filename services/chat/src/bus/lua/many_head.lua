-- Several runs of a script of the room in one: what stands before room.lua. The clock and the server are asked once for all.
-- KEYS: six of each run, as in room.lua. ARGV: 1 … 8 what all runs have alike (2 to 7, 9, 10 of room.lua), then of each eight: 1 and 8 of room.lua, and the
-- script's own six; then, where one of them is a part of a trace, each one's trace ('': of none). Answers a list with each run's own answer; one that
-- failed: 'error' and why. One that fails stops no other.
local ALL_KEYS, ALL_ARGV = KEYS, ARGV
local KEYS, ARGV = {}, {}
local TRACES = 8 * (#ALL_KEYS / 6 + 1)
for i = 1, 6 do ARGV[i + 1] = ALL_ARGV[i] end
ARGV[9], ARGV[10] = ALL_ARGV[7], ALL_ARGV[8]
local function take(run)
  for i = 1, 6 do KEYS[i] = ALL_KEYS[6 * (run - 1) + i] end
  local at = 8 * run
  ARGV[1], ARGV[8] = ALL_ARGV[at + 1], ALL_ARGV[at + 2]
  for i = 3, 8 do ARGV[i + 8] = ALL_ARGV[at + i] end
  ARGV[17] = ALL_ARGV[TRACES + run]
end
