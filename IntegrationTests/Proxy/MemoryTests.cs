using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using NUnit.Framework;
using RigKafka.IntegrationTests.Nodes;

namespace RigKafka.IntegrationTests.Proxy;

/// <summary>Bodies pass through a node and do not stay, whatever their size.</summary>
[NonParallelizable]
internal sealed class MemoryTests
{
    private const long MiB = 1024 * 1024;

    /// <summary>What the runtime may take by itself meanwhile; far less than a body.</summary>
    private const long Leeway = 60 * MiB;

    private static readonly byte[] Event = Encoding.UTF8.GetBytes($"data: {new string('x', 200)}\n\n");

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(5) };

    /// <summary><c>RIG_BODY_MB</c> says how large the bodies are, for a longer run.</summary>
    private static long Size => MiB * LongerRun.Number("RIG_BODY_MB", 200);

    [Test]
    public async Task Node_ThatPassesOnLargeBodiesAndAnEndlessStream_StaysAsLargeAsItWas()
    {
        await using var service = await Service.Start(Handle);
        await using var gateway = await GatewayProcess.Start(new Dictionary<string, string>
        {
            ["JWT_SECRET_KEY"] = Token.Secret,
            ["PROXY_CONFIG_FILE"] = $$$$"""
                [{"id":"a","proxy":{"use_env":false,"target_url":"127.0.0.1","port":{{{{service.Port}}}}},"version_data":{"default":{"endpoints":[
                  {"method":"POST","path":"/up","not_secured":true,"response_timeout_ms":60000},{"method":"GET","path":"/down/{size}","not_secured":true},{"method":"GET","path":"/events","not_secured":true}]}}}]
                """,
        });
        await gateway.Line("routes are proxied");
        using var leaving = new CancellationTokenSource();
        var events = ReadEvents(gateway, leaving.Token);
        // So that what is compiled, and rented once, is there.
        await Upload(gateway, 32 * MiB);
        await Download(gateway, 32 * MiB);
        var before = await Resident(gateway);
        Assert.That(before, Is.GreaterThan(10 * MiB), "the page of the metrics says how much it is");

        var most = before;
        foreach (var transfer in new[] { Upload(gateway, Size), Download(gateway, Size) })
        {
            while (!transfer.IsCompleted)
            {
                most = Math.Max(most, await Resident(gateway));
                await Task.WhenAny(transfer, Task.Delay(100));
            }

            await transfer;
        }

        await leaving.CancelAsync();
        TestContext.Progress.WriteLine($"Memory of a node that passed on {Size / MiB} MB each way at once, and {await events.Soon()} events: {before / MiB} MB before, {most / MiB} MB at most.");
        Assert.That(most - before, Is.LessThan(Leeway));
    }

    private static async Task Handle(HttpContext context)
    {
        var buffer = new byte[64 * 1024];
        switch (context.Request.Path.Value!.Split('/')[1])
        {
            case "up":
                var received = 0L;
                for (int read; (read = await context.Request.Body.ReadAsync(buffer)) > 0;)
                {
                    received += read;
                }

                await context.Response.WriteAsync($"{received}");
                break;
            case "down":
                for (var left = long.Parse(context.Request.Path.Value.Split('/')[2], CultureInfo.InvariantCulture); left > 0; left -= buffer.Length)
                {
                    await context.Response.Body.WriteAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)));
                }

                break;
            default:
                context.Response.ContentType = "text/event-stream";
                while (!context.RequestAborted.IsCancellationRequested)
                {
                    await context.Response.Body.WriteAsync(Event);
                    await context.Response.Body.FlushAsync();
                    await Task.Delay(1);
                }

                break;
        }
    }

    private static async Task Upload(GatewayProcess gateway, long size)
    {
        using var response = await Http.PostAsync(new Uri(gateway.External, "/up"), new StreamContent(new ZeroStream(size)));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo($"{size}"));
    }

    private static async Task Download(GatewayProcess gateway, long size)
    {
        await using var body = await Http.GetStreamAsync(new Uri(gateway.External, $"/down/{size}"));
        Assert.That(await Count(body, CancellationToken.None), Is.EqualTo(size));
    }

    private static async Task<long> ReadEvents(GatewayProcess gateway, CancellationToken leaving)
    {
        await using var body = await Http.GetStreamAsync(new Uri(gateway.External, "/events"), CancellationToken.None);
        return await Count(body, leaving) / Event.Length;
    }

    private static async Task<long> Count(Stream body, CancellationToken leaving)
    {
        var total = 0L;
        var buffer = new byte[64 * 1024];
        try
        {
            for (int read; (read = await body.ReadAsync(buffer, leaving)) > 0;)
            {
                total += read;
            }
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
            // Of a stream without an end this is the end.
        }

        return total;
    }

    private static async Task<long> Resident(GatewayProcess gateway)
        => (long)new MetricsPage(await Http.GetStringAsync(new Uri(gateway.Api, "/metrics"))).Sum("dotnet_process_memory_working_set_bytes");
}
