"""What an orchestrator asks: is it alive, and are the outputs kept up to date?"""
import unittest

from support import LISTENER, TOKEN, Mongod, ServerTest, free_port, wait_until


def readiness(daemon):
    """The status and the codes of the reasons."""
    answer = daemon.get("/health/ready")
    return answer.status, [reason["code"] for reason in answer.json["reasons"]]


class Health(ServerTest):
    def test_ready_while_it_follows(self):
        answer = self.daemon.get("/health/ready")
        self.assertEqual((answer.status, answer.json), (200, {"ready": True, "reasons": []}))
        answer = self.daemon.get("/health/live")
        self.assertEqual((answer.status, answer.json), (200, {"live": True}))
        self.assertEqual(self.daemon.status["state"], "following")

    def test_not_ready_while_mongodb_is_gone(self):
        mongod = Mongod()
        self.addCleanup(mongod.stop)
        daemon = self.run_daemon({"token": TOKEN}, on=mongod).start()
        mongod.kill()
        wait_until(lambda: readiness(daemon) == (503, ["notOpen"]), "not ready without MongoDB")
        self.assertEqual(daemon.get("/health/live").status, 200)
        self.assertEqual(daemon.get("/metrics").text.count("\nlockstep_ready 0\n"), 1)
        status = daemon.status
        self.assertEqual((status["state"], status["ready"]), ("disconnected", False))
        self.assertIn("disconnected", [problem["code"] for problem in status["problems"]])
        mongod.start()
        wait_until(lambda: readiness(daemon) == (200, []), "ready once MongoDB is back")
        daemon.docs.insert_one({"_id": 1, "text": "it is back"})
        wait_until(lambda: daemon.docs.find_one({"_outputs.text.words": 3}), "it predicts again")

    def test_not_ready_while_it_lags(self):
        daemon = self.run_daemon({"token": TOKEN, "maxLag": "1s"}).start()
        self.behave(daemon, "hold")
        daemon.docs.insert_one({"_id": 1, "text": "this one waits"})
        wait_until(lambda: readiness(daemon) == (503, ["lag"]), "not ready with a lag")
        status = daemon.status
        self.assertGreater(status["lagSeconds"], 1)
        self.assertFalse(status["ready"])
        self.assertIn("lag", [problem["code"] for problem in status["problems"]])
        self.assertEqual(daemon.get("/health/live").status, 200)
        self.behave(daemon, "")
        wait_until(lambda: readiness(daemon) == (200, []), "ready once it has caught up")
        self.assertEqual(daemon.docs.find_one()["_outputs"]["text"]["words"], 3)

    def test_a_paused_listener_is_no_lag(self):
        daemon = self.run_daemon({"token": TOKEN, "maxLag": "1s"}).start()
        daemon.order("pause")
        daemon.docs.insert_one({"_id": 1, "text": "this one waits"})
        wait_until(lambda: daemon.status["counts"]["inserts"] == 1, "the change is seen")
        self.assertEqual(readiness(daemon), (200, []))
        self.assertIn("paused", [problem["code"] for problem in daemon.status["problems"]])

    def test_one_that_stands_by_is_alive_and_takes_over(self):
        first = self.run_daemon().start()
        second = self.run_daemon(database=first.database, port=free_port()).launch()
        wait_until(lambda: second.tried("/health/ready") == 503 and readiness(second)[1] == ["standingBy"],
                   "the second one stands by")
        self.assertEqual(second.get("/health/live").status, 200)
        self.assertEqual(second.status["state"], "standingBy")
        self.assertEqual(readiness(first), (200, []))
        first.kill()
        wait_until(lambda: readiness(second) == (200, []), "the second one takes over")
        second.docs.insert_one({"_id": 1, "text": "taken over"})
        self.assertEqual(second.fresh().status, 200)
        self.assertEqual(second.docs.find_one()["_outputs"]["text"]["words"], 2)

    def test_one_that_stands_by_waits_for_the_freshness_of_nobody(self):
        first = self.run_daemon().start()
        second = self.run_daemon(database=first.database, port=free_port()).launch()
        wait_until(lambda: second.tried("/health/ready") == 503 and second.status["state"] == "standingBy",
                   "the second one stands by")
        answer = second.fresh(timeout=0.1)
        self.assertEqual((answer.status, answer.json["fresh"]), (504, False))
        self.assertIn("standingBy", [reason["code"] for reason in answer.json["reasons"]])


if __name__ == "__main__":
    unittest.main()
