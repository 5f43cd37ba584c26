using RigKafka.Telemetry;
using Yarp.ReverseProxy.Forwarder;

namespace RigKafka.Proxy;

/// <summary>Forwards a call to the service behind it.</summary>
internal sealed class CallForwarder(
    UpstreamClient upstreams, CallHeaders headers, OpenCalls calls, CallFailures failures, ProxyOptions options)
{
    public async Task Forward(Call call)
    {
        var route = call.Route;
        if (route.Address is not { } address)
        {
            await failures.NoAddress(call);
            return;
        }

        if (headers.IsLoop(call.Context.Request))
        {
            await failures.Loop(call);
            return;
        }

        using var span = CallSpan.Start(call.Context, address);
        var timer = calls.Begin(call, route.Endpoint.ResponseTimeout ?? options.ResponseTimeout);
        try
        {
            var body = CallBody.Take(call.Context, options.BodyMaxBytes, timer);
            var transformer = new CallTransformer(route, headers, timer, hasBody: body is not null);
            var error = await upstreams.Send(call.Context, address, route.Definition.Target!.IsHttp2, transformer, timer.Token);
            if (error != ForwarderError.None)
            {
                await failures.Answer(call, error, timer, body);
            }
        }
        finally
        {
            calls.End(timer);
        }
    }
}
