/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.device;

/**
 * What the kernel does with frames before it hands them over: filters that drop, and the choice of the queue.
 *
 * <p>All of it belongs to the device, whichever queue it is set through, takes no privilege, and is lost when the last
 * queue closes. Dropped frames are counted in {@link TapDevice#statistics()} as {@code transmitDrops}. Thread-safe.
 */
public final class TapFilters {

    private static final int REMOVE = -1;

    private final TapDevice device;

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
    public void attach(ClassicBpf program) throws TapException {
        apply("attach filter", file -> file.attachFilter(program.program()));
    }

    /**
     * Detaches the classic BPF program; nothing happens if there is none.
     *
     * @throws TapException if the kernel refuses
     */
    public void detach() throws TapException {
        apply("detach filter", TapFile::detachFilter);
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
