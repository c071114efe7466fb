package io.github.nettybpf.netty.reuseport;

import io.github.nettybpf.core.AluOp;
import io.github.nettybpf.core.Filter;
import io.github.nettybpf.core.Instruction.AluConstant;
import io.github.nettybpf.core.Instruction.LoadAbsolute;
import io.github.nettybpf.core.JumpCondition;
import io.github.nettybpf.core.Packet;
import io.github.nettybpf.core.Program;
import io.github.nettybpf.netty.code.LabeledCode;
import io.github.nettybpf.netty.code.LabeledCode.Label;
import java.security.SecureRandom;
import java.util.stream.IntStream;

/**
 * Connection ids of a QUIC server that tell the slot of a {@link ReusePortGroup}: a keyed hash of the first
 * {@value #HASHED_BYTES} bytes of any id is the slot. The ids that the server issues are random ones whose hash is the slot
 * of the channel that issues them; the ids that clients choose for their first packets are spread by the same hash, so
 * that all packets of a handshake come to one slot, whatever their version.
 *
 * <p>Who does not know the key cannot tell the slot of an id by looking at it. It is no message authentication code: who
 * learns the slots of many ids, for example by measuring how long a busy event loop takes to answer, may find ids that go
 * to one slot. An id that a client has been given it can always send again.
 *
 * <p>With another number of slots the same id goes to another one: a group that grows moves its connections. For use by
 * any thread.
 *
 * <p>Source: RFC 9000, sections 5.1, 17.2 and 17.3 (headers), RFC 8999 (what all versions have in common).
 */
public final class QuicConnectionIds {
    /** How many bytes of an id count. Ids of servers must be as long; those of clients are (RFC 9000, 7.2). */
    public static final int HASHED_BYTES = 8;

    /** The longest id (RFC 9000, 17.2). */
    public static final int MAX_LENGTH = 20;

    private static final int LONG_HEADER = 0x80;
    private static final int ID_IN_SHORT_HEADER = 1;
    private static final int LENGTH_IN_LONG_HEADER = 5;
    private static final int ID_IN_LONG_HEADER = 6;

    private final SecureRandom random = new SecureRandom();
    private final int seed;
    private final int firstKey;
    private final int secondKey;

    /** Ids with a random key: those of another server, or of this one before a restart, go anywhere. */
    public QuicConnectionIds() {
        this(new SecureRandom().nextLong());
    }

    /**
     * Ids with a key, for example one that the servers of a cluster share.
     *
     * @param key a secret number
     */
    public QuicConnectionIds(long key) {
        this.seed = (int) ((key * 0x9e3779b97f4a7c15L) >>> 32);
        this.firstKey = (int) key;
        this.secondKey = (int) (key >>> 32);
    }

    /**
     * {@return a generator of ids for the channel of one slot}
     *
     * @param slot the slot, from 0: the channel's attribute {@link ReusePortGroup#SLOT}
     * @param slots the number of slots of the group
     * @throws IllegalArgumentException if there is no such slot
     */
    public Generator forSlot(int slot, int slots) {
        if (slots < 1 || slots > Steering.MAX_SLOTS || slot < 0 || slot >= slots) {
            throw new IllegalArgumentException("slot " + slot + " of " + slots + " (expected: 0.." + (slots - 1) + ")");
        }
        return new Generator(slot, slots);
    }

    /** Makes ids that go to one slot. For use by any thread. */
    public final class Generator {
        private final int slot;
        private final Filter hash;

        private Generator(int slot, int slots) {
            this.slot = slot;
            this.hash = Filter.interpret(idProgram(slots));
        }

        /**
         * {@return a random id that goes to the slot} As many are tried as there are slots, on average.
         *
         * @param length the number of bytes, {@value #HASHED_BYTES}..{@value #MAX_LENGTH}
         * @throws IllegalArgumentException if it is another
         */
        public byte[] next(int length) {
            if (length < HASHED_BYTES || length > MAX_LENGTH) {
                throw new IllegalArgumentException(
                        "connection id of " + length + " bytes (expected: " + HASHED_BYTES + ".." + MAX_LENGTH + ")");
            }
            byte[] id = new byte[length];
            do {
                random.nextBytes(id);
            } while (hash.run(Packet.of(id)) != slot);
            return id;
        }
    }

    /** {@return the program whose verdict is the slot of the id that a packet consists of} */
    private Program idProgram(int slots) {
        return SteeringCode.assemble(
                to -> emitHash(to, 0), 0, IntStream.range(0, slots).toArray());
    }

    /** Emits the steering by the id. */
    void emit(SteeringCode to) {
        LabeledCode code = to.code;
        Label isLong = new Label();
        to.requireLength(ID_IN_SHORT_HEADER + HASHED_BYTES);
        code.add(new LoadAbsolute(0, 1));
        code.jumpIf(JumpCondition.JSET, LONG_HEADER, isLong);
        emitHash(to, ID_IN_SHORT_HEADER);
        code.place(isLong);
        to.requireLength(ID_IN_LONG_HEADER + HASHED_BYTES);
        code.add(new LoadAbsolute(LENGTH_IN_LONG_HEADER, 1));
        code.jumpUnless(JumpCondition.JGE, HASHED_BYTES, to.undecided);
        emitHash(to, ID_IN_LONG_HEADER);
    }

    private void emitHash(SteeringCode to, int offset) {
        to.beginHash(seed);
        to.code.add(new LoadAbsolute(offset, 4));
        to.code.add(new AluConstant(AluOp.XOR, firstKey));
        to.hashA();
        to.code.add(new LoadAbsolute(offset + 4, 4));
        to.code.add(new AluConstant(AluOp.XOR, secondKey));
        to.hashA();
        to.finishHash();
        to.code.jump(to.hashInA);
    }
}
