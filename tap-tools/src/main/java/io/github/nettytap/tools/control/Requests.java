/*
 * Copyright the netty-tap authors.
 * SPDX-License-Identifier: Apache-2.0
 */
package io.github.nettytap.tools.control;

import java.util.Iterator;

/** What a control socket can be asked. */
@FunctionalInterface
public interface Requests {

    /**
     * Does what a request says. On the thread of the control socket; it may block.
     *
     * @param request a line, without its end
     * @return the lines of the answer, each a JSON object; taken one by one as the client reads them
     * @throws Exception whose message is the answer if the request fails
     */
    Iterator<String> answer(String request) throws Exception;
}
