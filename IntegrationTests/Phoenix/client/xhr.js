'use strict';
// As much of XMLHttpRequest as the Phoenix clients use. The one from npm throws when a socket is reset while a poll is under way; a browser reports an error.
module.exports = class XMLHttpRequest {
  constructor() {
    this.readyState = 0;
    this.status = 0;
    this.responseText = '';
    this.timeout = 0;
    this.headers = {};
    this.controller = new AbortController();
  }

  open(method, url) {
    this.method = method;
    this.url = url;
    this.readyState = 1;
  }

  setRequestHeader(name, value) {
    this.headers[name] = value;
  }

  send(body) {
    const timer = this.timeout ? setTimeout(() => this.end('ontimeout'), this.timeout) : undefined;
    fetch(this.url, { method: this.method, headers: this.headers, body: body ?? undefined, signal: this.controller.signal })
      .then(async answer => {
        this.responseText = await answer.text();
        this.status = answer.status;
        this.end('onload');
      })
      .catch(() => this.end('onerror'))
      .finally(() => clearTimeout(timer));
  }

  abort() {
    this.end('onabort');
  }

  end(how) {
    if (this.readyState === 4) {
      return;
    }

    this.readyState = 4;
    this.controller.abort();
    if (how !== 'onabort') {
      this.call('onreadystatechange');
    }

    this.call(how);
  }

  call(handler) {
    try {
      this[handler]?.();
    } catch (error) {
      // Nobody's, as in a browser.
      setTimeout(() => { throw error; });
    }
  }
};
