// SPDX-License-Identifier: Apache-2.0
// A TLS server for node 0.10, whose OpenSSL 1.0.1 still speaks SSLv2: port, key, certificate.
var tls = require('tls'), fs = require('fs');
tls.createServer({
    key: fs.readFileSync(process.argv[3]), cert: fs.readFileSync(process.argv[4]),
    ciphers: 'ALL:NULL@STRENGTH', secureProtocol: 'SSLv23_method', honorCipherOrder: true
}, function (stream) { stream.end(); }).on('clientError', function () {}).listen(+process.argv[2], '127.0.0.1');
