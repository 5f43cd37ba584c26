using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using RigKafka.Settings;

namespace RigKafka.Direct;

internal static class DirectFeature
{
    /// <summary>Replaces the server's transport. To be done before the listeners are added, which put their bounds around it.</summary>
    public static void AddDirect(this WebApplicationBuilder builder, SettingsReader settings)
    {
        if (settings.Read<DirectOptions>().IsEnabled && EpollQueue.IsSupported)
        {
            builder.Services.RemoveAll<IConnectionListenerFactory>();
            builder.Services.AddSingleton<IConnectionListenerFactory, DirectTransport>();
            builder.Services.AddSingleton<SocketTransportFactory>().AddSingleton<EpollLoops>();
        }
    }
}
