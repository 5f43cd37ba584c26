using System.Net;

namespace RigKafka.IntegrationTests.Network;

/// <summary>A client whose streams share one HTTP/2 connection, with the small windows that the protocol starts with.</summary>
internal sealed class OneConnection : IDisposable
{
    private int _opened;

    public OneConnection(TestCertificates certificates, Uri server)
    {
        var sockets = new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = certificates.Client(_ => Interlocked.Increment(ref _opened)),
            InitialHttp2StreamWindowSize = 65_535,
        };
        Client = new HttpClient(sockets)
        {
            BaseAddress = server,
            Timeout = Limits.Hang,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    public HttpClient Client { get; }

    public int Opened => _opened;

    public void Dispose() => Client.Dispose();
}
