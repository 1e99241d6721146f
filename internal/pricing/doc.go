// Package pricing turns counts of requests, bytes and days into money, by a
// dated table of prices. It asks nobody and reads no clock.
//
// A region that the table does not have costs no dollars: the answer says so
// in words. The same table says how many HEADs a LIST is worth.
package pricing
