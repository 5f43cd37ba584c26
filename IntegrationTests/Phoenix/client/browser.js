'use strict';
// As much of a browser as the libraries for pages expect to find.
global.window = global;
global.document = { addEventListener() {}, removeEventListener() {}, visibilityState: 'visible', hidden: false };
global.addEventListener ??= () => {};
global.WebSocket = require('ws');
global.XMLHttpRequest = require('./xhr.js');
