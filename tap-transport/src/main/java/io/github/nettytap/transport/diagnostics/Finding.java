/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.transport.diagnostics;

/** One thing that {@link Doctor} looked at. */
public final class Finding {

    private final Status status;
    private final String topic;
    private final String text;
    private final String advice;
    private final boolean permission;

    private Finding(Status status, String topic, String text, String advice, boolean permission) {
        this.status = status;
        this.topic = topic;
        this.text = text;
        this.advice = advice;
        this.permission = permission;
    }

    static Finding ok(String topic, String text) {
        return new Finding(Status.OK, topic, text, "", false);
    }

    static Finding note(String topic, String text, String advice) {
        return new Finding(Status.NOTE, topic, text, advice, false);
    }

    /** @param permission whether another user of this machine would not have it */
    static Finding problem(String topic, String text, String advice, boolean permission) {
        return new Finding(Status.PROBLEM, topic, text, advice, permission);
    }

    boolean isPermission() {
        return permission;
    }

    /** How it is. */
    public enum Status {
        /** As it should be. */
        OK,
        /** Something is missing that one can do without. */
        NOTE,
        /** Something is missing without which no TAP can be made here. */
        PROBLEM
    }

    /**
     * How it is.
     *
     * @return the status
     */
    public Status status() {
        return status;
    }

    /**
     * What was looked at.
     *
     * @return a few words
     */
    public String topic() {
        return topic;
    }

    /**
     * What was found.
     *
     * @return one or more sentences
     */
    public String text() {
        return text;
    }

    /**
     * What to do about it.
     *
     * @return one or more sentences, empty if nothing is to be done
     */
    public String advice() {
        return advice;
    }

    @Override
    public String toString() {
        return status + " " + topic + ": " + text + (advice.isEmpty() ? "" : " " + advice);
    }
}
