// SPDX-License-Identifier: Apache-2.0

// A TLS server of Go's crypto/tls: address, lowest and highest version, suites ("-" for Go's own
// choice), then chain,key pairs in the order in which Go looks through them.
package main

import (
	"crypto/tls"
	"log"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

func number(text string) uint16 {
	value, err := strconv.ParseUint(text, 0, 16)
	if err != nil {
		log.Fatal(err)
	}
	return uint16(value)
}

func main() {
	config := &tls.Config{MinVersion: number(os.Args[2]), MaxVersion: number(os.Args[3])}
	if os.Args[4] != "-" {
		for _, text := range strings.Split(os.Args[4], ",") {
			config.CipherSuites = append(config.CipherSuites, number(text))
		}
	}
	for _, pair := range os.Args[5:] {
		chain, key, _ := strings.Cut(pair, ",")
		certificate, err := tls.LoadX509KeyPair(chain, key)
		if err != nil {
			log.Fatal(err)
		}
		config.Certificates = append(config.Certificates, certificate)
	}
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go func() {
			defer connection.Close()
			connection.SetDeadline(time.Now().Add(20 * time.Second))
			tls.Server(connection, config).Handshake()
		}()
	}
}
