using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace RigKafka.Tests.Support;

/// <summary>An issuer's key set on a port of its own; what it answers can be changed, and it counts how often it is asked.</summary>
internal sealed class JwksServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _requests;

    private JwksServer(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        _app = builder.Build();
        _app.Run(Handle);
    }

    public string Url => $"{_app.Urls.First()}/keys";

    public int Port => new Uri(Url).Port;

    public int Requests => Volatile.Read(ref _requests);

    /// <summary>What is answered; null for a 500.</summary>
    public string? Answer { get; set; }

    /// <summary>What an answer waits for.</summary>
    public Task Delay { get; set; } = Task.CompletedTask;

    public static async Task<JwksServer> Start(string? answer, int port = 0)
    {
        var server = new JwksServer(port) { Answer = answer };
        await server._app.StartAsync().Soon();
        return server;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync().Soon();

    private async Task Handle(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        await Delay.Soon();
        if (Answer is null)
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return;
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(Answer);
    }
}
