/// The values of the HTTP API and of `--json`: the server encodes them, the command and other clients decode them.
package enum API {}
