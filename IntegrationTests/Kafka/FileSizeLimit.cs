using System.Runtime.InteropServices;

namespace RigKafka.IntegrationTests.Kafka;

/// <summary>How large a file a process may write (RLIMIT_FSIZE), as the C library takes it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct FileSizeLimit(ulong Now, ulong AtMost)
{
    public const int Resource = 1;
}
