using Yarp.ReverseProxy.Forwarder;

namespace RigKafka.Proxy;

/// <summary>A service that calls are forwarded to.</summary>
/// <param name="Address">Scheme, host and port.</param>
/// <param name="Client">Who sends them.</param>
/// <param name="Config">How.</param>
internal sealed record Upstream(string Address, HttpMessageInvoker Client, ForwarderRequestConfig Config);
