"""The faults of the torture run: each happens, lasts a moment, and is healed again."""
import collections
import dataclasses
import json
import os
import threading
import time

from pymongo.errors import PyMongoError
from pymongo.write_concern import WriteConcern

import oracle
from cluster import NoPrimary
from network import MODES

# kind: (weight, who suffers). Those of the daemon and its models come one after another, those of the servers and
# the network beside them.
KINDS = {}

# While a model is unavailable altogether, nothing may be parked.
OUTAGES = ["exit", "hang", "too few", "too many", "invalid", "no array", "another id"]
# An answer that refuses an input is to be believed; so is a model that breaks on this input and not on the next.
SLANDERS = ["null", "errors", *OUTAGES]

LOST = b"the change stream cannot go on where it was"


def fault(weight, suffers, needs=None):
    def register(function):
        KINDS[function.__name__.replace("_", " ")] = (weight, suffers, needs, function)
        return function
    return register


class Faults:
    def __init__(self, run, rng):
        self.run = run
        self.rng = rng
        self.counts = collections.Counter()
        self.diary = []
        self.ends = threading.Event()
        self.server_lock = threading.RLock()
        # The servers are being hurt, or were just before: what the daemon says of them is no wonder.
        self.servers_hurt_at = 0.0
        self.traits = set()

    # MARK: Two lanes

    def storm(self, seconds, traits, kinds):
        """Faults on both lanes for some seconds; traits: what else the round allows."""
        self.traits = traits
        self.ends.clear()
        end = time.monotonic() + seconds
        lanes = [threading.Thread(target=self.lane, args=(suffers, end, kinds)) for suffers in ("daemon", "servers")]
        for lane in lanes:
            lane.start()
        return lanes

    def lane(self, suffers, end, kinds):
        try:
            while time.monotonic() < end and not self.ends.is_set():
                self.rest(0.3, 2.5)
                if time.monotonic() > end:
                    return
                self.one(suffers, kinds)
        except Exception as error:
            self.run.fail(f"a fault went wrong: {type(error).__name__}: {error}")
            raise

    def one(self, suffers, kinds):
        able = {name: kind for name, kind in KINDS.items()
                if kind[1] == suffers and (not kinds or name in kinds) and (not kind[2] or kind[2] in self.traits)}
        if not able:
            return
        name = self.rng.choices(list(able), [kind[0] for kind in able.values()])[0]
        if suffers == "servers":
            with self.server_lock:
                self.note(name)
                try:
                    able[name][3](self)
                except NoPrimary:
                    self.note("  no primary", "for so long that there was none to hurt")
                finally:
                    self.servers_hurt_at = time.monotonic()
                    self.run.cluster.heal(reset=self.rng.random() < 0.5)
        else:
            self.note(name)
            able[name][3](self)

    def note(self, name, details=""):
        if not details:
            self.counts[name] += 1
        self.diary.append(f"{time.strftime('%H:%M:%S')} {name} {details}".rstrip())

    def rest(self, least, most):
        self.ends.wait(self.rng.uniform(least, most))


# MARK: The daemon


@fault(4, "daemon")
def daemon_killed(f):
    f.run.kill_daemon()
    f.rest(*f.rng.choice([(0, 0), (0.2, 0.5), (1, 3)]))
    f.run.start_daemon()


@fault(2, "daemon")
def daemon_restarted(f):
    f.run.stop_daemon()
    f.run.start_daemon()


@fault(2, "daemon")
def daemon_paused(f):
    f.run.lockstep.pause()
    f.rest(1, 5)
    f.run.lockstep.resume()


@fault(2, "daemon")
def daemon_reconfigured(f):
    """Other versions, filters and listeners."""
    f.rng.choice([f.run.kill_daemon, f.run.stop_daemon])()
    f.run.configure(other_listeners(f))
    f.run.start_daemon()


def other_listeners(f):
    chosen = []
    for listener in oracle.LISTENERS:
        feeds = any(listener.output == key.removesuffix(".sha") for other in oracle.LISTENERS for key in other.keys)
        if not feeds and "gone listeners" in f.traits and f.rng.random() < 0.25:
            continue
        if f.rng.random() < 0.3:
            listener = dataclasses.replace(listener, version=f.rng.choice("123"))
        if listener.yaml_where and f.rng.random() < 0.3:
            where, text = f.rng.choice([
                (oracle.is_english, "{lang: en}"), (oracle.is_german, "{lang: de}"),
                (oracle.is_above_three, "{n: {$gt: 3}}")])
            listener = dataclasses.replace(listener, where=where, yaml_where=text)
        chosen.append(listener)
    return chosen


@fault(2, "daemon")
def standby_takes_over(f):
    """A second daemon with the same configuration; then one of the two is killed."""
    f.run.start_standby()
    f.rest(1, 8)
    f.run.lose_one(f.rng)


@fault(1, "daemon")
def daemon_superseded(f):
    """The one that works is paused until another one works, and wakes up; then one of the two is killed."""
    f.run.start_standby()
    f.rest(1, 2)
    f.run.lockstep.pause()
    f.rest(9, 11)
    f.run.lockstep.resume()
    f.rest(0.5, 3)
    f.run.lose_one(f.rng)


# MARK: The models


def misbehave(f, modes, chance):
    models = [listener.model for listener in oracle.LISTENERS]
    chosen = f.rng.sample(models, f.rng.choice([1, 1, 2, len(models)]))
    mode = f.rng.choice(modes)
    f.note("  model", f"{mode} ({chance:.1f}): {', '.join(chosen)}")
    f.run.order({"mode": mode, "chance": chance, "models": chosen})
    f.rest(1, 6)
    if f.rng.random() < 0.3:
        f.run.kill_daemon()
        f.run.start_daemon()
        f.note("daemon killed")
        f.rest(0.5, 2)
    f.run.order(None)


@fault(4, "daemon", needs="outages")
def model_out(f):
    misbehave(f, OUTAGES, 1.0)


@fault(4, "daemon", needs="slander")
def model_lies(f):
    misbehave(f, SLANDERS, f.rng.choice([0.2, 0.6, 1.0]))


# MARK: Lost history


@fault(2, "daemon", needs="lost history")
def history_lost(f):
    with f.server_lock:
        f.run.cluster.wait_healthy()
        kills = f.rng.random() < 0.5
        f.run.kill_daemon() if kills else f.run.lockstep.pause()
        said = f.run.lockstep.log_bytes().count(LOST)
        try:
            # The request that is on its way reads on at the server, and would be ahead of what is lost.
            f.run.cluster.wait_unread()
            overflow(f.run.cluster, f.run.name)
        finally:
            f.run.start_daemon() if kills else f.run.lockstep.resume()
        deadline = time.monotonic() + 40
        while f.run.lockstep.log_bytes().count(LOST) == said and time.monotonic() < deadline:
            if f.run.lockstep.code is not None:
                break
            time.sleep(0.1)
        if f.run.lockstep.log_bytes().count(LOST) > said:
            f.run.histories_lost += 1
        elif f.run.lockstep.code is not None:
            # It found no server on its start; that it ended is told, and whoever runs it starts it again.
            f.run.start_daemon()
        else:
            f.run.fail(f"the oplog went past the daemon's position ({'killed' if kills else 'paused'}), and within 40 s"
                       " the daemon did not say that its history is lost")


def overflow(cluster, database):
    """Writes until no member's oplog reaches back to now; w: 3, so that none falls behind."""
    filler = cluster.client[database].get_collection("filler", write_concern=WriteConcern(3, wtimeout=20_000))
    text = os.urandom(1 << 19).hex()
    now, deadline = None, time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if now is None:
                with cluster.client.start_session() as session:
                    filler.insert_one({"text": text}, session=session)
                    now = session.operation_time
            for _ in range(3):
                filler.insert_one({"text": text})
            if all(cluster.oldest(member) > now for member in cluster.members):
                filler.drop()
                return
        except PyMongoError:
            # A busy machine holds elections of its own.
            pass
    raise RuntimeError("the oplog did not overflow within 60 s")


# MARK: Servers


@fault(3, "servers")
def primary_killed(f):
    member = f.run.cluster.wait_primary()
    member.kill()
    f.rest(0.5, 6)
    f.run.cluster.start(member)


@fault(2, "servers")
def secondary_killed(f):
    member = f.rng.choice([m for m in f.run.cluster.members if m is not f.run.cluster.wait_primary()])
    member.kill()
    f.rest(0.5, 5)
    f.run.cluster.start(member)


@fault(4, "servers")
def primary_stepped_down(f):
    try:
        f.run.cluster.wait_primary().direct.admin.command(
            "replSetStepDown", 3, secondaryCatchUpPeriodSecs=2, force=f.rng.random() < 0.5)
    except PyMongoError:
        pass
    f.rest(0.5, 4)


@fault(2, "servers")
def primary_paused(f):
    member = f.run.cluster.wait_primary()
    member.pause()
    f.rest(0.5, 6)
    member.resume()


# MARK: The network


@fault(2, "servers")
def port_of_primary_blocked(f):
    block(f, f.run.cluster.wait_primary())


@fault(1, "servers")
def port_of_secondary_blocked(f):
    block(f, f.rng.choice([m for m in f.run.cluster.members if m is not f.run.cluster.wait_primary()]))


def block(f, member):
    mode = f.rng.choice(MODES)
    f.note("  way", f"* to {member.number}: {mode}")
    f.run.cluster.network.cut([("*", member.number, mode)])
    f.rest(1, 7)


@fault(4, "servers")
def primary_apart_from_members(f):
    """Clients still reach it: what it acknowledges alone is rolled back."""
    cluster = f.run.cluster
    alone = cluster.wait_primary().number
    mode = f.rng.choice(["both", "refuse"])
    others = [member.number for member in cluster.members if member.number != alone]
    cluster.network.cut([(alone, other, mode) for other in others] + [(other, alone, mode) for other in others])
    f.rest(2, 8)


@fault(2, "servers")
def clients_cut_off(f):
    mode = f.rng.choice(MODES)
    f.run.cluster.network.cut([("client", member.number, mode) for member in f.run.cluster.members])
    f.rest(1, 6)


@fault(1, "servers")
def all_members_out_of_reach(f):
    mode = f.rng.choice(MODES)
    f.run.cluster.network.cut([("*", member.number, mode) for member in f.run.cluster.members])
    f.rest(1, 5)
