/**
 * What the tests of all modules share: the leak gate around every test class and the condition of kernel tests.
 *
 * <p>Not here: anything that knows netty-tap; the package depends on JUnit and Netty alone. Not published.
 */
package io.github.nettytap.testkit;
