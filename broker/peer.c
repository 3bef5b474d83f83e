#include <sys/socket.h>

#include "broker/broker_private.h"

Result peer_uid(struct MHD_Connection *connection, uid_t *uid, Error *error)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct ucred credentials;
    socklen_t length = sizeof credentials;

    if (info == NULL || getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0 ||
        length != sizeof credentials || credentials.uid == (uid_t)-1)
        return fail(error, ERROR_REFUSED, "the kernel does not say who calls");
    *uid = credentials.uid;
    return RESULT_OK;
}
