/**
 * JSON (RFC 8259) as the program writes and reads it: lines of one object each, and answers of the HTTP server.
 *
 * <p>Escaping and parsing are those of Gson, of which only the streams are used: nothing is serialized by reflection.
 */
package io.github.nettytap.tools.json;
