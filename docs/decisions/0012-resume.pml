/*
 * Resume, small enough to try everything. 0012-resume.md explains it, and .ci/model runs it.
 *
 * Two partitions, two nodes, and one client with one channel. Each process is a choice of steps, which happen at any time
 * and in any order. A step is what happens under the total order, in one turn of a delivery loop, or between two reads.
 * A switch, such as -DNO_HOLD, leaves one step of the design out. Then spin has to find the hole.
 */

/* The log. Partition 0 has two records at most, partition 1 has LAST of them. A record that is not `mine` is of another topic, or the marker of a transaction. */
#define MOST 2
#ifndef LAST
#define LAST 1
#endif
#define RECORD(q, offset) ((q) * MOST + (offset))
byte first[2], end[2];
bool mine[2 * MOST];

/* The nodes: the position of node n in partition q. Where a history begins is no variable: the collector may find that it is too short. */
byte P[4];
#define AT(n, q) P[(n) * 2 + (q)]

/* The client. */
#define NOWHERE 2
byte on = NOWHERE;      /* the node that it is connected to */
bool has_id;
byte C[2];              /* its position: the last id that it was given */
byte served[2];         /* up to where a node has served it */
bool asked;             /* it has sent a join, and ignores what comes before the reply */
bool told;              /* it was told that it is joined */
bool begun;             /* it was given a message before its channel was released */

/* What its node knows of it. */
bool waiting;           /* it asked, and is joined to nothing yet */
bool member;            /* under the total order */
bool held;              /* in the delivery loop */
byte since[2];          /* in the delivery loop: the position of its join, moved on by what is replayed */
byte replay;            /* in the delivery loop: the messages that it is given now, a bit for each */

/* The replay, while it is collected. */
mtype = { NOTHING, HISTORY, REWIND };
mtype collecting = NOTHING;
byte from[2], J[2];     /* what has to be read yet: [from, J) */
byte collected;         /* a bit for each message */
byte due;               /* how many records a rewind may still read: fixed at the join */

/* What waits for the delivery loop: a kind; a record, several, or whether to hold; an id. */
mtype = { MESSAGE, GAP, POSITION, JOINED, LEFT, REPLAY, RESUME_GAP, PART };
#ifndef ROOM
#define ROOM 2
#endif
chan ordered = [ROOM] of { mtype, byte, byte, byte };
chan aside = [ROOM] of { mtype, byte, byte, byte };
#ifdef RELEASE_IN_URGENT_QUEUE
chan urgent = [1] of { mtype, byte, byte, byte };
#define RELEASE urgent
#else
#define RELEASE ordered
#endif

/* The promise: each part is asserted below under its name. */
hidden byte told_first, once_and_in_order, none_missing, id_says_no_more, id_says_no_less, gap_comes_first, gap_is_justified;
hidden byte replay_ends, hold_ends;

/* Used within a step only, so not part of a state. */
hidden mtype kind;
hidden byte room, what, id0, id1, p, o;

/* A message of the client's topic is in [a, b) of partition q. */
#define ANY(q, a, b) ((a <= 0 && b > 0 && mine[RECORD(q, 0)]) || (a <= 1 && b > 1 && mine[RECORD(q, 1)]))
#define BIT(q, offset) (from[q] <= offset && offset < J[q] && mine[RECORD(q, offset)] -> 1 << RECORD(q, offset) : 0)

/* ---- What the client sees. It checks the promise. ---- */

inline take_id() {
    id_says_no_more = !ANY(0, C[0], id0) && !ANY(1, C[1], id1);
    assert(id_says_no_more);
    take_place()
}

inline take_place() {
    id_says_no_less = C[0] <= id0 && C[1] <= id1;
    assert(id_says_no_less);
    C[0] = id0; C[1] = id1; served[0] = id0; served[1] = id1
}

inline give_message() {
    if
    :: asked
    :: else ->
        p = what / MOST; o = what % MOST;
        printf("client: message %d of partition %d, id (%d, %d)\n", o, p, id0, id1);
        told_first = told;
        assert(told_first);
        begun = held;
        once_and_in_order = C[p] <= o;
        assert(once_and_in_order);
        none_missing = !ANY(p, C[p], o);
        assert(none_missing);
        C[p] = o + 1;
        take_id()
    fi
}

/* A heartbeat with an id, or an event `position`. */
inline give_position() {
    if
    :: asked
    :: else ->
        printf("client: position, id (%d, %d)\n", id0, id1);
#ifdef QUIET_ID_STAYS
        served[0] = id0; served[1] = id1
#else
        take_id()
#endif
    fi
}

inline give_gap() {
    if
    :: asked
    :: else ->
        printf("client: gap, id (%d, %d)\n", id0, id1);
        told_first = told;
        assert(told_first);
        take_place()
    fi
}

inline give_reply() {
    printf("client: joined, id (%d, %d)\n", id0, id1);
    asked = false; told = true; begun = false;
    if
    :: has_id -> take_id()
    :: else -> has_id = true; take_place()
    fi
}

/* ---- The delivery loop ---- */

inline empty_aside() {
    do
    :: nempty(aside) -> aside?_, _, _, _
    :: empty(aside) -> break
    od
}

inline put_aside() {
#ifdef NO_HOLD
    give_message()
#else
    if
    :: room -> aside!kind, what, id0, id1
    :: else ->
        printf("loop: has no room to hold more\n");
        empty_aside();
        held = false;
        gap_is_justified = asked || kind == GAP || ANY(0, C[0], id0) || ANY(1, C[1], id1);
        assert(gap_is_justified);
        give_gap()
    fi
#endif
}

inline handle() {
    if
    :: kind == MESSAGE && !held -> give_message()
    :: kind == GAP && !held -> give_gap()
    :: (kind == MESSAGE || kind == GAP) && held -> put_aside()
#ifdef HEARTBEAT_ID_WHILE_HELD
    :: kind == POSITION -> give_position()
#else
    :: kind == POSITION && !held -> give_position()
    :: kind == POSITION && held
#endif
    :: kind == JOINED -> empty_aside(); held = what; since[0] = id0; since[1] = id1; give_reply()
#ifdef LEAVE_FORGETS_HOLD
    :: kind == LEFT -> told = false
#else
    :: kind == LEFT -> empty_aside(); told = false; held = false
#endif
    :: kind == REPLAY && held -> replay = what; held = false
#ifdef REPLAY_WITH_SHARED_ID
        ; since[0] = id0; since[1] = id1
#endif
    :: kind == RESUME_GAP && held ->
        gap_comes_first = !begun;
        assert(gap_comes_first);
        gap_is_justified = asked || what;
        assert(gap_is_justified);
        give_gap();
        held = false
    :: (kind == REPLAY || kind == RESUME_GAP) && !held
#ifdef REWIND_DELIVERS_AS_IT_READS
    :: kind == PART && held -> since[what / MOST] = what % MOST + 1; id0 = since[0]; id1 = since[1]; give_message()
    :: kind == PART && !held
#endif
    fi
}

/* No part of a state any more. */
inline forget_since() {
    if
    :: !held && replay == 0 -> since[0] = 0; since[1] = 0
    :: else
    fi
}

/* The oldest message of the replay. Its id is the client's own position. */
inline replay_one() {
    what = (replay & 1 -> 0 : (replay & 2 -> 1 : (replay & 4 -> 2 : 3)));
    replay = replay & ~(1 << what);
#ifndef REPLAY_WITH_SHARED_ID
    since[what / MOST] = what % MOST + 1;
#endif
    id0 = since[0]; id1 = since[1];
    give_message()
}

active proctype Loop() {
endless: do
    :: d_step { replay != 0 -> replay_one(); forget_since() }
    :: d_step { replay == 0 && !held && nempty(aside) -> aside?kind, what, id0, id1; handle() }
    :: d_step { replay == 0 && (held || empty(aside)) && nempty(ordered) && (!held || nfull(aside) || !(ordered?[MESSAGE, _, _, _] || ordered?[GAP, _, _, _])) ->
        room = true; ordered?kind, what, id0, id1; handle(); forget_since() }
    /* No room in the outbox, or none in the node's budget: gap, reason too_much. */
    :: d_step { replay == 0 && held && (ordered?[MESSAGE, _, _, _] || ordered?[GAP, _, _, _]) ->
        room = false; ordered?kind, what, id0, id1; handle(); forget_since() }
#ifdef RELEASE_IN_URGENT_QUEUE
    :: d_step { replay == 0 && (held || empty(aside)) && nempty(urgent) -> urgent?kind, what, id0, id1; handle(); forget_since() }
#endif
    od
}

/* ---- Joining and leaving, under the total order ---- */

inline end_collecting() {
    collecting = NOTHING; collected = 0; due = 0; from[0] = 0; from[1] = 0; J[0] = 0; J[1] = 0
}

/* A leave, a rejoin, a token with fewer rights. */
inline end_membership() {
    member = false;
#ifndef LEAVE_FORGETS_HOLD
    end_collecting()
#endif
}

/* The connection is cut: what was on its way is lost. */
inline disconnect() {
    do
    :: nempty(ordered) -> ordered?_, _, _, _
    :: empty(ordered) -> break
    od;
#ifdef RELEASE_IN_URGENT_QUEUE
    do
    :: nempty(urgent) -> urgent?_, _, _, _
    :: empty(urgent) -> break
    od;
#endif
    empty_aside();
    on = NOWHERE; asked = false; told = false; begun = false;
    waiting = false; member = false; held = false; replay = 0; since[0] = 0; since[1] = 0;
    end_collecting()
}

/* Join first. The replay ends at J, which is where the node is now. */
inline join(n) {
    waiting = false; member = true;
    if
    :: !has_id || (C[0] == AT(n, 0) && C[1] == AT(n, 1)) -> ordered!JOINED, false, AT(n, 0), AT(n, 1)
    :: else ->
        printf("node %d: joins the client since (%d, %d) at (%d, %d)\n", n, C[0], C[1], AT(n, 0), AT(n, 1));
        collecting = HISTORY;
        from[0] = C[0]; from[1] = C[1]; J[0] = AT(n, 0); J[1] = AT(n, 1);
        due = J[0] - C[0] + J[1] - C[1];
#ifdef JOIN_REPLY_CARRIES_J
        ordered!JOINED, true, J[0], J[1]
#else
        ordered!JOINED, true, C[0], C[1]
#endif
    fi
}

/* ---- A node: reads the log at its own speed ---- */

#ifdef REPLAY_THEN_JOIN
#define JOINED_NOW (collecting == NOTHING)
#else
#define JOINED_NOW true
#endif

inline read(n, q) {
    o = AT(n, q);
    if
    :: o < first[q] ->      /* retention has overtaken the node: everybody is told */
        AT(n, q) = first[q];
        printf("node %d: partition %d begins at %d\n", n, q, first[q]);
        if
        :: member && on == n -> ordered!GAP, 0, AT(n, 0), AT(n, 1)
        :: else
        fi
    :: else ->
        AT(n, q) = o + 1;
        printf("node %d: reads record %d of partition %d\n", n, o, q);
        if
        :: mine[RECORD(q, o)] && member && on == n && JOINED_NOW -> ordered!MESSAGE, RECORD(q, o), AT(n, 0), AT(n, 1)
        :: else
        fi
    fi
}

active [2] proctype Node() {
    byte n = _pid - 1;
endless: do
    :: d_step { AT(n, 0) < end[0] && nfull(ordered) -> read(n, 0) }
    :: d_step { AT(n, 1) < end[1] && nfull(ordered) -> read(n, 1) }
    /* It starts anew, at the end of the log. */
    :: d_step { on != n && (AT(n, 0) < end[0] || AT(n, 1) < end[1]) ->
        printf("node %d: starts at (%d, %d)\n", n, end[0], end[1]);
        AT(n, 0) = end[0]; AT(n, 1) = end[1] }
    :: d_step { on == n && waiting && nfull(ordered) && (!has_id || (C[0] <= AT(n, 0) && C[1] <= AT(n, 1))) -> join(n) }
    /* The node is behind the client, which has waited for long enough. */
    :: d_step { on == n && waiting && has_id && (C[0] > AT(n, 0) || C[1] > AT(n, 1)) && nfull(ordered) ->
#ifdef LIVE_FROM_P_WHEN_BEHIND
        printf("node %d: joins the client since (%d, %d) at (%d, %d), live\n", n, C[0], C[1], AT(n, 0), AT(n, 1));
        waiting = false; member = true;
        ordered!JOINED, false, C[0], C[1]
#else
        printf("node %d: is behind, and sends the client away\n", n);
        disconnect()
#endif
        }
    /* The client's token was renewed with fewer rights. */
    :: d_step { on == n && member && nfull(ordered) ->
        printf("node %d: ends the membership\n", n);
        end_membership();
        ordered!LEFT, 0, 0, 0 }
    /* The wheel, where it says something new. */
    :: d_step { on == n && member && (served[0] != AT(n, 0) || served[1] != AT(n, 1)) && empty(ordered) ->
        ordered!POSITION, 0, AT(n, 0), AT(n, 1) }
    od
}

/* ---- The collector: takes [C, J) from the history, or from Kafka ---- */

inline take_from_history() {
    collected = BIT(0, 0) | BIT(0, 1) | BIT(1, 0) | BIT(1, 1)
}

inline read_again() {
#ifdef REPLAY_TO_MOVING_END
    J[0] = AT(on, 0); J[1] = AT(on, 1);
#endif
    p = (from[0] < J[0] -> 0 : 1);
    if
    :: from[p] < first[p] ->
#ifdef RETENTION_UNNOTICED
        from[p] = first[p]
#else
        printf("collector: record %d of partition %d is gone\n", from[p], p);
        RELEASE!RESUME_GAP, ((served[0] < J[0] && served[0] < first[0]) || (served[1] < J[1] && served[1] < first[1])), J[0], J[1];
        end_collecting()
#endif
    :: else ->
        replay_ends = due > 0;
        assert(replay_ends);
        due--;
        if
#ifdef REWIND_DELIVERS_AS_IT_READS
        :: mine[RECORD(p, from[p])] -> ordered!PART, RECORD(p, from[p]), 0, 0
#else
        :: mine[RECORD(p, from[p])] -> collected = collected | (1 << RECORD(p, from[p]))
#endif
        :: else
        fi;
        from[p]++
    fi
}

#ifdef REWIND_WAITS_FOR_LAST_RECORD
/* Without end-of-partition events, a marker at the end is not seen until a record follows it. */
#define SEEN(q) (J[q] == 0 || C[q] >= J[q] || mine[RECORD(q, J[q] - 1)] || (J[q] < end[q] && mine[RECORD(q, J[q])]))
#else
#define SEEN(q) true
#endif
#define AT_END (from[0] >= J[0] && from[1] >= J[1])
#define STUCK (collecting == REWIND && AT_END && !(SEEN(0) && SEEN(1)))

active proctype Collector() {
endless: do
    :: d_step { collecting == HISTORY && nfull(RELEASE) ->
        take_from_history();
        printf("collector: the history has it\n");
        RELEASE!REPLAY, collected, J[0], J[1];
        end_collecting() }
#ifdef HISTORY_WITHOUT_SECOND_LOOK
    /* The oldest message was overwritten while the collector was copying. */
    :: d_step { collecting == HISTORY && nfull(RELEASE) ->
        take_from_history();
        printf("collector: the history has it, but its tail passes\n");
        RELEASE!REPLAY, (collected & (collected - 1)), J[0], J[1];
        end_collecting() }
#endif
    :: d_step { collecting == HISTORY -> printf("collector: the history is too short\n"); collecting = REWIND }
    :: d_step { collecting == REWIND && !AT_END && nfull(RELEASE) -> read_again() }
    :: d_step { collecting == REWIND && AT_END && SEEN(0) && SEEN(1) && nfull(RELEASE) ->
        printf("collector: has read it\n");
        RELEASE!REPLAY, collected, J[0], J[1];
        end_collecting() }
    /* An outage: gap, reason busy. */
    :: d_step { collecting == REWIND && nfull(RELEASE) ->
        printf("collector: the log is away\n");
        RELEASE!RESUME_GAP, true, J[0], J[1];
        end_collecting() }
    od
}

/* ---- The log, and the client ---- */

inline append(q, is_mine) {
    printf("log: record %d of partition %d, for the client: %d\n", end[q], q, is_mine);
    mine[RECORD(q, end[q])] = is_mine;
    end[q]++
}

inline remove(q) {
    printf("log: record %d of partition %d is removed\n", first[q], q);
    first[q]++
}

active proctype Log() {
endless: do
    :: d_step { end[0] < MOST -> append(0, true) }
    :: d_step { end[0] < MOST -> append(0, false) }
    :: d_step { end[1] < LAST -> append(1, true) }
    :: d_step { end[1] < LAST -> append(1, false) }
    :: d_step { first[0] < end[0] -> remove(0) }
    :: d_step { first[1] < end[1] -> remove(1) }
    od
}

inline ask(n) {
    printf("client: asks node %d\n", n);
    on = n; asked = true; waiting = true
}

active proctype Client() {
endless: do
    :: d_step { on == NOWHERE -> ask(0) }
    :: d_step { on == NOWHERE -> ask(1) }
    :: d_step { on != NOWHERE -> printf("client: stops\n"); disconnect() }
    /* It leaves. */
    :: d_step { member && nfull(ordered) -> printf("client: leaves\n"); end_membership(); ordered!LEFT, 0, 0, 0 }
    /* It joins on a live connection, after a leave or without one. */
    :: d_step { on != NOWHERE && !asked -> end_membership(); ask(on) }
    /* Nothing happens any more, unless the client or somebody else does something. */
    :: d_step { on != NOWHERE && end[0] == MOST && end[1] == LAST && AT(on, 0) == end[0] && AT(on, 1) == end[1] && !waiting && replay == 0 &&
            len(ordered) == 0 && (held || len(aside) == 0) && (collecting == NOTHING || STUCK) ->
        hold_ends = !held && collecting == NOTHING;
        assert(hold_ends);
        none_missing = !told || (!ANY(0, C[0], end[0]) && !ANY(1, C[1], end[1]));
        assert(none_missing) }
    od
}
