// SPDX-License-Identifier: Apache-2.0
// A TLS server for node 22 or later, whose OpenSSL 3.5 has ML-KEM: port, key, certificate, groups ("" for its own).
const tls = require('tls'), fs = require('fs');
const [port, key, certificate, groups] = process.argv.slice(2);
const options = { key: fs.readFileSync(key), cert: fs.readFileSync(certificate), minVersion: 'TLSv1.2' };
if (groups)
    options.ecdhCurve = groups;
tls.createServer(options, stream => { stream.on('error', () => {}); stream.end(); })
    .on('tlsClientError', () => {}).listen(+port, '127.0.0.1');
