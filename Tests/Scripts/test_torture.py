"""What the torture run does when a server does not answer, and where it says what went wrong."""

import contextlib
import importlib.util
import io
import sys
import types
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "Tests" / "Oracle"), str(ROOT / ".lockstep" / "python")]
HAS_PYMONGO = importlib.util.find_spec("pymongo") is not None
if HAS_PYMONGO:
    from pymongo.errors import NotPrimaryError

    import cluster
    import faults
    import torture


@unittest.skipUnless(HAS_PYMONGO, "there is no pymongo: run scripts/setup tests")
class TortureTests(unittest.TestCase):
    def test_a_member_that_rolls_back_is_asked_again(self):
        answers = {"one": [[], []], "two": [NotPrimaryError("node is not in primary or recovering state"), [{"op": "getmore"}], []]}

        def member(name):
            asked = mock.Mock(side_effect=answers[name])
            return types.SimpleNamespace(direct=types.SimpleNamespace(admin=types.SimpleNamespace(aggregate=asked)))
        members = [member("two"), member("one")]
        some = types.SimpleNamespace(members=members, _may_read=cluster.Cluster._may_read)
        with mock.patch.object(cluster.time, "sleep"):
            cluster.Cluster.wait_unread(some)
        self.assertEqual(members[0].direct.admin.aggregate.call_count, 3)

    def test_a_fault_that_goes_wrong_leaves_no_daemon_paused(self):
        for chance, healed in [(0.1, "start_daemon"), (0.9, "lockstep.resume")]:
            fault = mock.MagicMock()
            fault.rng.random.return_value = chance
            fault.run.cluster.wait_unread.side_effect = RuntimeError("a change stream is still read")
            with self.assertRaises(RuntimeError):
                faults.history_lost(fault)
            self.assertIn(mock.call.__getattr__(healed)(), fault.run.mock_calls)

    def test_what_went_wrong_is_said_last(self):
        run = types.SimpleNamespace(
            problems=["round 2: `wait` exits 1\nwith a reason\nand\nmore of it", "a fault went wrong: " + "x" * 5000],
            lockstep=mock.Mock(), folder="/a/folder", options=mock.Mock(seed=1))
        run.lockstep.tail.return_value = "a line of the log"
        with contextlib.redirect_stdout(io.StringIO()) as out:
            torture.Torture.conclude(run)
        text = out.getvalue()
        self.assertLess(text.index("a line of the log"), text.index("/a/folder"))
        self.assertEqual(
            [line[:40] for line in text.splitlines()[-5:]],
            ["2 problems:", "  round 2: `wait` exits 1", "  with a reason", "  and", "  a fault went wrong: xxxxxxxxxxxxxxxxxx"])
        self.assertLess(max(map(len, text.splitlines())), 500)


if __name__ == "__main__":
    unittest.main()
