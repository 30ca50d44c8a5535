package org.ternmq.broker.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * What happens, and in which order. The numbers of a step are taken modulo what there is to choose from when its turn comes,
 * so that the others keep their meaning if one is left out.
 */
record Schedule(long seed, Limits limits, List<Step> steps) {
    /** Bounds of this run. */
    record Limits(int loops, int queueMessages, boolean rejects, long queueMemory) {}

    /** One thing that happens. */
    record Step(Action action, int who, int what) {
        @Override
        public String toString() {
            return action + "(" + who + "," + what + ")";
        }
    }

    /** Kinds of things that happen, with how often. */
    enum Action {
        CONNECT(6),
        CUT(3),
        DISCONNECT(1),
        SUBSCRIBE(6),
        UNSUBSCRIBE(1),
        PUBLISH(24),
        READ(28),
        TURN(36),
        JOURNAL(16),
        PAGER(6),
        SOCKET(3),
        TIME(1),
        CRASH(1);

        private final int weight;

        Action(int weight) {
            this.weight = weight;
        }
    }

    private static final List<Action> WEIGHTED = weighted();

    private static List<Action> weighted() {
        List<Action> all = new ArrayList<>();
        for (Action action : Action.values()) {
            for (int i = 0; i < action.weight; i++) {
                all.add(action);
            }
        }
        return List.copyOf(all);
    }

    /** The one that a seed stands for. */
    static Schedule of(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        boolean small = random.nextInt(3) == 0;
        Limits limits = new Limits(
                1 + random.nextInt(3),
                small ? 3 + random.nextInt(8) : 100_000,
                small,
                random.nextBoolean() ? random.nextInt(1_500) : 1L << 40);
        int length = 20 + random.nextInt(random.nextInt(8) == 0 ? 600 : 160);
        List<Step> steps = new ArrayList<>(length + 8);
        for (int i = 0; i < 4; i++) { // a schedule in which nobody is there shows little
            steps.add(new Step(Action.CONNECT, i, random.nextInt(1 << 16) & ~1));
            steps.add(new Step(Action.TURN, i, 63));
        }
        steps.add(new Step(Action.JOURNAL, 0, 0));
        for (int i = 0; i < length; i++) {
            Action action = WEIGHTED.get(random.nextInt(WEIGHTED.size()));
            steps.add(new Step(action, random.nextInt(64), random.nextInt(1 << 16)));
        }
        return new Schedule(seed, limits, steps);
    }

    Schedule with(List<Step> others) {
        return new Schedule(seed, limits, List.copyOf(others));
    }

    @Override
    public String toString() {
        return "seed " + seed + ", " + limits + ", " + steps.size() + " steps: "
                + steps.stream().map(Step::toString).collect(Collectors.joining(" "));
    }
}
