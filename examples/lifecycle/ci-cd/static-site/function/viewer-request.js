// Runs in CloudFront before anything else, for every request, cached or not.
//
// It lets the allowed networks in and nobody else, and finds the page of a folder.
// Plain ECMAScript 5.1: CloudFront's engine knows only parts of what came later.

// Denies everybody as it stands. Terraform fills in the networks.
var ALLOWED_NETWORKS = [];

function handler(event) {
  var request = event.request;
  if (!isAllowed(event.viewer.ip)) {
    return {
      statusCode: 403,
      statusDescription: 'Forbidden',
      headers: {
        'cache-control': { value: 'no-store' },
        'content-type': { value: 'text/plain; charset=utf-8' },
        'x-robots-tag': { value: 'noindex, nofollow' }
      },
      body: { encoding: 'text', data: 'This site is open to its owners\' networks only.\n' }
    };
  }
  var name = request.uri.substring(request.uri.lastIndexOf('/') + 1);
  if (name === '') {
    request.uri += 'index.html';
  } else if (name.indexOf('.') === -1) {
    return {
      statusCode: 301,
      statusDescription: 'Moved Permanently',
      headers: { location: { value: folderOf(request) } }
    };
  }
  return request;
}

// With the host, since a browser takes //elsewhere.example/ for another site.
function folderOf(request) {
  var query = request.rawQueryString();
  var url = 'https://' + request.headers.host.value + request.uri + '/';
  return query ? url + '?' + query : url;
}

function isAllowed(ip) {
  var address = groupsOf(ip);
  return ALLOWED_NETWORKS.some(function (network) {
    var parts = network.split('/');
    return isWithin(address, groupsOf(parts[0]), Number(parts[1]));
  });
}

// Whether the first bits agree. What is no address, or no network, is in nothing.
function isWithin(address, network, bits) {
  if (!address || !network || address.length !== network.length || !(bits > 0)) {
    return false;
  }
  var width = network.length === 4 ? 8 : 16;
  for (var i = 0; bits > 0; i++, bits -= width) {
    var ignored = Math.max(width - bits, 0);
    if (address[i] >> ignored !== network[i] >> ignored) {
      return false;
    }
  }
  return true;
}

// 4 numbers of 8 bits for IPv4, 8 of 16 for IPv6, null for anything else.
function groupsOf(ip) {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(ip)) {
    return ip.split('.').map(Number);
  }
  if (!/^[\da-f:]+$/i.test(ip)) {
    return null;
  }
  var halves = ip.split('::');
  var head = halves[0] ? halves[0].split(':') : [];
  var tail = halves[1] ? halves[1].split(':') : [];
  var zeros = 8 - head.length - tail.length;
  if (halves.length > 2 || (halves.length === 1 && zeros > 0)) {
    return null;
  }
  while (zeros-- > 0) {
    head.push('0');
  }
  return head.concat(tail).map(function (group) {
    return parseInt(group, 16);
  });
}
