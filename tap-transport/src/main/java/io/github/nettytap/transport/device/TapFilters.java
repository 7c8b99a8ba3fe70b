/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

/**
 * What the kernel does with frames before it hands them over: filters that drop, and the choice of the queue.
 *
 * <p>All of it belongs to the device, whichever queue it is set through, and takes no privilege. A persistent interface
 * keeps it for whoever attaches next. Dropped frames are counted in {@link TapDevice#statistics()} as {@code
 * transmitDrops}. Thread-safe.
 */
public final class TapFilters {

    private static final int REMOVE = -1;

    private final TapDevice device;
    /** The classic program that was attached here, or null. */
    private ClassicBpf classic;

    TapFilters(TapDevice device) {
        this.device = device;
    }

    private interface Step {
        void on(TapFile file) throws SyscallException;
    }

    private void apply(String operation, Step step) throws TapException {
        try {
            step.on(device.file(operation));
        } catch (SyscallException e) {
            throw TapErrors.filter(device.name(), e);
        }
    }

    /**
     * Lets only frames to certain addresses pass.
     *
     * @param filter the addresses
     * @throws TapException if the kernel refuses
     */
    public void setMacFilter(MacReceiveFilter filter) throws TapException {
        apply("set MAC filter", file -> file.setMacFilter(filter));
    }

    /**
     * Lets frames to all addresses pass again.
     *
     * @throws TapException if the kernel refuses
     */
    public void clearMacFilter() throws TapException {
        apply("clear MAC filter", TapFile::clearMacFilter);
    }

    /**
     * Attaches a classic BPF program to all queues. It takes the place of one that was there.
     *
     * @param program the program
     * @throws TapException if the kernel's checker refuses it
     */
    public synchronized void attach(ClassicBpf program) throws TapException {
        apply("attach filter", file -> file.attachFilter(program.program()));
        classic = program;
    }

    /**
     * Detaches the classic BPF program; nothing happens if there is none.
     *
     * @throws TapException if the kernel refuses
     */
    public synchronized void detach() throws TapException {
        apply("detach filter", TapFile::detachFilter);
        classic = null;
    }

    /**
     * Attaches a queue and sees to it that it gets the classic program. It is taken off meanwhile: the kernel, where it
     * gives a queue the program of the device on its own, forgets to attach the queue (tun_attach jumps to its end
     * after a successful sk_attach_filter; seen on Linux 6.18).
     *
     * @param undoing takes the queue away again if the program cannot be put back on with it
     */
    synchronized void whileDetached(QueueChange attaching, QueueChange undoing) throws TapException {
        if (classic == null) {
            attaching.run();
            return;
        }
        ClassicBpf program = classic;
        detach();
        boolean attached = false;
        try {
            attaching.run();
            attached = true;
            attach(program);
        } catch (TapException | RuntimeException | Error e) {
            if (attached) {
                try {
                    undoing.run();
                } catch (TapException more) {
                    e.addSuppressed(more);
                }
            }
            putBack(program, e);
            throw e;
        }
    }

    private void putBack(ClassicBpf program, Throwable reason) {
        try {
            attach(program);
        } catch (TapException e) {
            reason.addSuppressed(e);
        }
    }

    /** Lets a queue take part, or no longer. */
    interface QueueChange {
        void run() throws TapException;
    }

    /**
     * Lets an eBPF program choose the queue of each frame: it returns a number, of which the remainder by the number of
     * queues counts. Without one the kernel chooses by flow.
     *
     * @param programFd the descriptor of a loaded program of type socket filter, which the kernel keeps for itself
     * @throws TapException if it is not such a descriptor
     */
    public void setSteering(int programFd) throws TapException {
        apply("set steering program", file -> file.setSteering(required(programFd)));
    }

    /**
     * Lets the kernel choose the queues by flow again.
     *
     * @throws TapException if the kernel refuses
     */
    public void clearSteering() throws TapException {
        apply("clear steering program", file -> file.setSteering(REMOVE));
    }

    /**
     * Lets an eBPF program decide on each frame: it returns how many bytes to keep, 0 to drop the frame.
     *
     * @param programFd the descriptor of a loaded program of type socket filter, which the kernel keeps for itself
     * @throws TapException if it is not such a descriptor
     */
    public void setProgram(int programFd) throws TapException {
        apply("set filter program", file -> file.setFilterProgram(required(programFd)));
    }

    /**
     * Removes the eBPF program that decides on frames.
     *
     * @throws TapException if the kernel refuses
     */
    public void clearProgram() throws TapException {
        apply("clear filter program", file -> file.setFilterProgram(REMOVE));
    }

    /** A negative number would mean to remove. */
    private static int required(int programFd) {
        if (programFd < 0) {
            throw new IllegalArgumentException("not a descriptor: programFd=" + programFd);
        }
        return programFd;
    }
}
