using System.Diagnostics;
using System.Net.Security;
using System.Reflection;
using System.Runtime.InteropServices;

namespace RigKafka.Tls;

/// <summary>
/// Has OpenSSL give back the buffers of a connection while nothing is read or written. It keeps them otherwise, 34 KiB with each stream
/// that waits. The framework has no switch for it. A test fails when a new version changes what this relies on; the buffers then stay.
/// </summary>
internal static class OpenSslBuffers
{
    /// <summary>SSL_MODE_RELEASE_BUFFERS of openssl/ssl.h.</summary>
    public const nint ReleaseMode = 0x10;

    /// <summary>SSL_CTRL_MODE of openssl/ssl.h.</summary>
    private const int SetMode = 33;

    private const string Library = "libssl";

    private static readonly FieldInfo? Context = typeof(SslStream).GetField("_securityContext", BindingFlags.Instance | BindingFlags.NonPublic);
    private static readonly Control? Ctrl = Find();

    private delegate nint Control(SafeHandle ssl, int command, nint argument, nint pointer);

    /// <summary>For a connection whose handshake is done, and that nobody reads from or writes to yet. Returns whether it could be done.</summary>
    public static bool ReleaseWhenIdle(SslStream connection) => (Mode(connection, ReleaseMode) & ReleaseMode) != 0;

    /// <summary>Adds to the modes of a connection, and gives those that it has then; 0 where that cannot be done.</summary>
    public static nint Mode(SslStream connection, nint add) =>
        Ctrl is not null && Context?.GetValue(connection) is SafeHandle { IsInvalid: false } ssl ? Ctrl(ssl, SetMode, add, 0) : 0;

    /// <summary>In the library that the framework has loaded.</summary>
    private static Control? Find()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        using var process = Process.GetCurrentProcess();
        var loaded = process.Modules.Cast<ProcessModule>().FirstOrDefault(module => module.ModuleName.StartsWith(Library, StringComparison.Ordinal));
        return loaded is not null && NativeLibrary.TryGetExport(NativeLibrary.Load(loaded.FileName), "SSL_ctrl", out var control)
            ? Marshal.GetDelegateForFunctionPointer<Control>(control)
            : null;
    }
}
